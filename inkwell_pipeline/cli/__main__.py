"""`python -m inkwell_pipeline.cli`."""

from inkwell_pipeline.cli import main

main()
