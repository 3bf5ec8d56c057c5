"""What the annotator's server and the connectors share: who may ask, what is kept, where to listen."""
