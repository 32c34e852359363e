"""Dagster and the command line: when things run, never what they compute.

Belongs here: assets, checks, schedules, the runner and the `strata` command. Not here: any figure (strata/, sql/), any page (dashboards/).
"""

import os

# A hospital's orchestrator tells nobody about itself. The two libraries read these when they are imported.
os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "yes")
os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
