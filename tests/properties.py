"""How the tests that check a property draw their examples: profiles for `--hypothesis-profile`."""

from hypothesis import HealthCheck, settings

FIXED, SEARCH = "fixed", "search"
USUAL = 100
"""The examples of a test that says no number."""

# How long an example takes says how busy the machine is, and decides nothing.
UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

# Every run has the same examples, so that no change fails by the luck of the draw.
settings.register_profile(FIXED, UNTIMED, max_examples=USUAL, derandomize=True)
# Hypothesis fixes the examples itself where it finds a CI machine: a search says that it does not.
settings.register_profile(SEARCH, UNTIMED, max_examples=10 * USUAL, derandomize=False)


def examples(count: int) -> settings:
    """Settings for `count` examples, or as many times more as the profile in use asks for."""
    return settings(max_examples=count * settings().max_examples // USUAL)
