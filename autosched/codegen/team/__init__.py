"""The threads that parallel loops run on: one team a process, started when first needed."""
