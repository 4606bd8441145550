"""Who answers? Cascades, routers and budgets beside the literature."""
