"""Side-by-side measurements, one command each: `python -m benchmarks.NAME`. Ratios are taken within
one run.
"""
