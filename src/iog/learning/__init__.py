"""Learning while a person labels: a copy of the model is tuned on accepted objects, and used if it is better.

The server (`learner`) hands the accepted objects to a process of the lowest priority (`worker`). That tunes
copies, compares them with the present model on objects that they have not seen (`compare`), and writes a
model only if it is better. It then lies on the shelf beside the project (`shelf`).
"""
