"""What a verdict means in money, and what that rests on."""
