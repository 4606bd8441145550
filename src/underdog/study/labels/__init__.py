"""Studies without right answers, and what labels would cost."""
