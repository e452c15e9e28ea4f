"""page: what a supplier sees through its signed link. api: the HTTP interface."""
