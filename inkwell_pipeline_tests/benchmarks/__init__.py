"""What `make bench` and `make quality` run: measurements, side by side in one run. No test asserts a time."""
