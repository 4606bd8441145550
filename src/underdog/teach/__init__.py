"""Floor 3a. Learners made of models: deferral, online learning, routing, automatic choice."""
