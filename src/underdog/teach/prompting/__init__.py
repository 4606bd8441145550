"""What goes into a prompt, learned: demonstrations that help, and a small model's advice."""
