"""What is measured on a test set, and how sure it is.

Importing this package registers a metric and a data set wrapper; they work
where a config names them.
"""

from csgresnet_mm.stack import require_stack

require_stack()

from csgresnet_mm.evaluation.intervals import (  # noqa: E402
    Interval,
    MeanInterval,
    bootstrap_interval,
    bootstrap_intervals,
    difference_intervals,
    mean_interval,
)
from csgresnet_mm.evaluation.leaks import (  # noqa: E402
    LeakSplit,
    split_by_leak,
)
from csgresnet_mm.evaluation.paired import (  # noqa: E402
    McNemar,
    check_paired,
    mcnemar,
)
from csgresnet_mm.evaluation.predictions import Predictions  # noqa: E402
from csgresnet_mm.evaluation.protocols import (  # noqa: E402
    BEST,
    HONEST,
    LAST,
    PROTOCOLS,
    choose_epoch,
    inflation,
)
from csgresnet_mm.evaluation.recorded_access import (  # noqa: E402
    RecordedAccess,
    read_record,
)
from csgresnet_mm.evaluation.save_predictions import (  # noqa: E402
    SavePredictions,
)
from csgresnet_mm.evaluation.summary import Metrics, summarise  # noqa: E402

__all__ = [
    'BEST',
    'HONEST',
    'LAST',
    'PROTOCOLS',
    'Interval',
    'LeakSplit',
    'McNemar',
    'MeanInterval',
    'Metrics',
    'Predictions',
    'RecordedAccess',
    'SavePredictions',
    'bootstrap_interval',
    'bootstrap_intervals',
    'check_paired',
    'choose_epoch',
    'difference_intervals',
    'inflation',
    'mcnemar',
    'mean_interval',
    'read_record',
    'split_by_leak',
    'summarise',
]
