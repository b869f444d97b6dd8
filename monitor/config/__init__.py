"""What the user writes, checked once at the door: `loader` reads YAML, `config` makes a Config of it."""
