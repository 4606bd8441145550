"""Floor 3a. Learners made of models: how one model's answers become another's lessons."""
