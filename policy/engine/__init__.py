"""From spec to decisions: pure, no I/O, no clock, no chance."""
