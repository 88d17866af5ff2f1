"""Faults on purpose, and what is left afterwards: one command repeats every section.

python -m benchmarks.faults                 # all sections
python -m benchmarks.faults --short         # a few cases of each; CI runs those of three sections
python -m benchmarks.faults writes --cases 20 --seed 1
python -m benchmarks.faults kills --recipes mlp,lenet
"""
