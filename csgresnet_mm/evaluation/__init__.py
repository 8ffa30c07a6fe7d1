"""What is measured on a test set, and how sure it is.

A metric and a data set wrapper are registered; they work where a config names
them. What only reads files and counts needs numpy, and no MM stack.
"""

from csgresnet_mm.lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(
    __name__,
    {
        'intervals': (
            'Interval',
            'MeanInterval',
            'bootstrap_intervals',
            'difference_intervals',
            'mean_interval',
        ),
        'leaks': (
            'LeakSplit',
            'leaked_rows',
            'split_by_leak',
        ),
        'paired': (
            'McNemar',
            'check_paired',
            'mcnemar',
        ),
        'predictions': ('Predictions',),
        'present_classes': ('PresentClassesMetric',),
        'protocols': (
            'BEST',
            'HONEST',
            'LAST',
            'PROTOCOLS',
            'TITLES',
            'choose_epoch',
            'find_protocol',
            'inflation',
        ),
        'recorded_access': (
            'RecordedAccess',
            'read_record',
        ),
        'reliability': (
            'Reliability',
            'reliability_bins',
        ),
        'save_predictions': ('SavePredictions',),
        'summary': (
            'Metrics',
            'summarise',
        ),
    },
)
