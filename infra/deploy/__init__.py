"""The bot into a person's own AWS account, step by step, and out of it again: `make deploy`, `make delete`.

SAM CLI builds and deploys; here is what it leaves to the person: whether everything that it needs is there,
the token and the webhook's secret, the parameters explained one by one before the build that depends on them
(`sam deploy --guided` asks after it, without explaining), the models, and whether the bot answers in the end.
"""
