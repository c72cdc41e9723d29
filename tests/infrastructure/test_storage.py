"""What is kept: models, and short-lived records. Encrypted, private, no longer than needed."""


def test_the_model_bucket_is_private_encrypted_and_versioned(stack):
    (bucket,) = stack.of_type("AWS::S3::Bucket").values()
    assert bucket == stack["ModelBucket"]
    assert not {"AccessControl", "WebsiteConfiguration", "CorsConfiguration"} & bucket.keys()
    assert bucket["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    }
    assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] in {"AES256", "aws:kms"}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}


def test_models_outlive_the_stack_but_not_a_creation_that_failed(stack):
    for name in ("ModelBucket", "ModelBucketPolicy"):
        assert stack.resources[name]["DeletionPolicy"] == "RetainExceptOnCreate"
        assert stack.resources[name]["UpdateReplacePolicy"] == "Retain"


def test_only_replaced_models_are_ever_deleted(stack):
    (rule,) = stack["ModelBucket"]["LifecycleConfiguration"]["Rules"]
    assert rule["NoncurrentVersionExpiration"]["NoncurrentDays"] >= 30
    assert not any(key.startswith(("Expiration", "Transition")) for key in rule)


def test_nobody_reaches_the_bucket_without_tls(stack):
    (policy,) = stack.of_type("AWS::S3::BucketPolicy").values()
    assert policy["Bucket"] == {"Ref": "ModelBucket"}
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert statement["Resource"] == [
        {"Fn::GetAtt": ["ModelBucket", "Arn"]},
        {"Fn::Sub": "${ModelBucket.Arn}/*"},
    ]


def test_the_recognizer_looks_where_it_may_read(stack):
    assert stack.variables("RecognizerFunction")["MODEL_STORE"] == {
        "Fn::Sub": "s3://${ModelBucket}/${ModelPrefix}"
    }


def test_the_table_of_records_is_keyed_as_powertools_writes_it_and_forgets(stack):
    table = stack["RecordsTable"]
    assert table["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert table["AttributeDefinitions"] == [{"AttributeName": "id", "AttributeType": "S"}]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expiration", "Enabled": True}
    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert table["BillingMode"] == "PAY_PER_REQUEST"


def test_both_functions_keep_their_records_in_it(stack):
    for function in ("WebhookFunction", "RecognizerFunction"):
        assert stack.variables(function)["RECORDS_TABLE"] == {"Ref": "RecordsTable"}
