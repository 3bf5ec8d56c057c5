"""`iog bench`: our models and what one would use instead, on the same objects, clicks and machine."""
