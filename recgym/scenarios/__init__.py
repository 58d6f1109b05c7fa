"""One file per domain: a class of settings that holds the `Domain`, which `scenario.build` puts together."""
