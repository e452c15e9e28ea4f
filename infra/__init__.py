"""What runs beside the shop on AWS, and the templates that make it."""
