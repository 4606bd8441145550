"""Decision models: recorded answers asked again, kept at home by promise, and by rivals."""
