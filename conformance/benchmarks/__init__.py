"""What a conversion costs: calls timed over sizes, dtypes and layouts, beside the machine's limits.

python -m pytest conformance/benchmarks/bench_conversions.py --benchmark-json run.json
python -m reports benchmark run.json
"""
