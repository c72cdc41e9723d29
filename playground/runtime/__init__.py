"""The part of AWS that calls the handlers: Lambda, Function URLs, event sources, CloudFormation."""
