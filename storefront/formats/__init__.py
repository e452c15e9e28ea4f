"""How dates and times are written where Django does it by itself."""
