"""`python -m inkwell_pipeline_tests.fakes.providers`: a model provider in a process of its own (`process.py`)."""

from inkwell_pipeline_tests.fakes.providers.process import main

main()
