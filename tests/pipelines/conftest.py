"""Great Expectations is loaded once, before pytest makes an error of every warning: its import raises one that is not ours."""

import warnings

import pipelines  # noqa: F401 - first: it turns the telemetry off

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import great_expectations  # noqa: F401
