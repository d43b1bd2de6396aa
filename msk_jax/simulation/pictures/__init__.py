"""The phantom's X-rays: bones and flesh of a person as drawings."""
