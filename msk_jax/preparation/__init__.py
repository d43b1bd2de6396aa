"""From raw data of any kind to the workdir's cohort and images."""
