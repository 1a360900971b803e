"""The benchmark suite behind benches/run: which cases there are, running them on each candidate, what comes out."""
