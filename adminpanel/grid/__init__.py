"""The size and colour grid: every variant of a product on one page, saved in one go."""
