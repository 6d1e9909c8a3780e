"""The only place that touches clock, network, processes, disk and database."""
