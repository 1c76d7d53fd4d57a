demo test:
	@./dev $@

.PHONY: demo test
