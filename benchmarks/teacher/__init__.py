"""What a large model teaches: labels, distillation, repair, choice of texts, prices; a row each."""
