"""Hours of learning (JP) as people see them: one's transcript, corrections by organizers, the rules behind them."""
