"""The API for programs: intake of cases, queue, verdicts, export; described by OpenAPI."""
