.PHONY: web web-check

web/node_modules: web/package.json web/package-lock.json
	cd web && npm ci
	touch web/node_modules

# The annotator's page: TypeScript in web/, bundled into the Python package.
web: web/node_modules
	cd web && npm run build

# Fails unless the committed bundle is what the source builds.
web-check: web/node_modules
	cd web && npm run check
