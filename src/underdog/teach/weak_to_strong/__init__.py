"""Strong models that learn from weak teachers, one or several, and may outgrow them."""
