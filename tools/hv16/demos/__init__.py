"""`demo`: one demo of guest16 in every APIC mode, in one table, judged."""
