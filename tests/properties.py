"""Settings of the tests that check a property of many examples."""

from hypothesis import settings


def examples(count: int) -> settings:
    """Settings for `count` examples, or as many times more as the profile in use asks for."""
    usual = settings.get_profile("fixed").max_examples
    return settings(max_examples=count * settings.default.max_examples // usual)
