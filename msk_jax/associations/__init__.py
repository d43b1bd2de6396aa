"""Association of accelerated ageing with everything else that is known of the people.

Clinical variables, questionnaires, diagnoses and measurements are cleaned into numbers, one row per sample, and then
tested against accelerated ageing. No jax.
"""
