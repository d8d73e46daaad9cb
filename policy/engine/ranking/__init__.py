"""A ranking policy made runnable, pure: which items may be shown, in what order, and why."""
