"""iog inside other tools: one core, and for each tool that asks for masks one small router."""
