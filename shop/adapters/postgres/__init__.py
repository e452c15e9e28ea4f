"""A database engine: ENGINE = "shop.adapters.postgres"."""
