"""What people write by hand into tables of their own: who, which sex, how old."""
