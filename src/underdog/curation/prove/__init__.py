"""The ablation: does learning from what was kept help, against random, the longest and all?"""

from .ablation import prove as prove
