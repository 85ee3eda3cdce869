"""Labs: exercises cut out of the one reference tree. docs/instructors.md says how one is made."""
