"""What a stack has no word for, with what to do instead: types of Terraform and of CloudFormation.

A star at the end stands for any ending.
"""

from __future__ import annotations

Refusal = tuple[tuple[str, ...], tuple[str, ...], str, str]

REFUSALS: tuple[Refusal, ...] = (
    # (Terraform's types, CloudFormation's types, reason, advice)
    (
        (
            *("aws_db_*", "aws_rds_*", "aws_dynamodb_*", "aws_docdb_*", "aws_neptune_*", "aws_redshift*", "aws_dax_*"),
            *("aws_keyspaces_*", "aws_timestream*", "aws_qldb_*"),
        ),
        (
            *("AWS::RDS::*", "AWS::DynamoDB::*", "AWS::DocDB::*", "AWS::Neptune::*", "AWS::Redshift::*", "AWS::DAX::*"),
            *("AWS::Cassandra::*", "AWS::Timestream::*", "AWS::QLDB::*", "AWS::RedshiftServerless::*", "AWS::DSQL::*"),
            *("AWS::Serverless::SimpleTable",),
        ),
        "a managed database, which a stack has no word for",
        "order the target's managed database, or a server with a volume, and move the data by dump or replication",
    ),
    (
        ("aws_elasticache_*", "aws_memorydb_*"),
        ("AWS::ElastiCache::*", "AWS::MemoryDB::*"),
        "a managed cache, which a stack has no word for",
        "order the target's, or run Redis on a server; what is in it is lost",
    ),
    (
        ("aws_efs_*", "aws_fsx_*", "aws_storagegateway_*", "aws_datasync_*", "aws_backup_*", "aws_dlm_*"),
        ("AWS::EFS::*", "AWS::FSx::*", "AWS::StorageGateway::*", "AWS::DataSync::*", "AWS::Backup::*", "AWS::DLM::*"),
        "shared files or backups, which a stack has no word for",
        "run a file server with a volume, or the target's own service, and copy the files",
    ),
    (
        (
            "aws_eks_*",
            "aws_ecs_*",
            "aws_ecr*",
            "aws_apprunner_*",
            "aws_batch_*",
            "aws_appmesh_*",
            "aws_elastic_beanstalk*",
        ),
        (
            *("AWS::EKS::*", "AWS::ECS::*", "AWS::ECR::*", "AWS::AppRunner::*", "AWS::Batch::*", "AWS::AppMesh::*"),
            *("AWS::ElasticBeanstalk::*", "AWS::ServiceDiscovery::*", "AWSQS::*"),
        ),
        "containers run by the cloud, which a stack has no word for",
        "order the target's managed Kubernetes and deploy to it again, or run them on servers",
    ),
    (
        ("aws_lambda_*", "aws_sfn_*", "aws_apigateway*", "aws_api_gateway_*", "aws_apigatewayv2_*", "aws_appsync_*"),
        (
            *("AWS::Lambda::*", "AWS::Serverless::*", "AWS::StepFunctions::*", "AWS::ApiGateway::*"),
            *("AWS::ApiGatewayV2::*", "AWS::AppSync::*"),
        ),
        "a function run by the cloud, or the way to one, which a stack has no word for",
        "run it on a server, or use the target's own functions",
    ),
    (
        (
            *(
                "aws_sns_*",
                "aws_sqs_*",
                "aws_kinesis*",
                "aws_msk_*",
                "aws_mq_*",
                "aws_cloudwatch_event_*",
                "aws_pipes_*",
            ),
            *("aws_scheduler_*", "aws_ses*"),
        ),
        (
            *("AWS::SNS::*", "AWS::SQS::*", "AWS::Kinesis::*", "AWS::KinesisFirehose::*", "AWS::MSK::*"),
            *("AWS::AmazonMQ::*", "AWS::Events::*", "AWS::Pipes::*", "AWS::Scheduler::*", "AWS::SES::*"),
            *("AWS::KinesisAnalytics*", "AWS::EventSchemas::*"),
        ),
        "messages and events carried by the cloud, which a stack has no word for",
        "run a broker on a server, or use the target's own",
    ),
    (
        ("aws_route53*", "aws_service_discovery_*"),
        ("AWS::Route53*",),
        "DNS has no word in a stack",
        "keep the zone, or move it by export",
    ),
    (
        (
            "aws_cloudfront_*",
            "aws_waf*",
            "aws_shield_*",
            "aws_globalaccelerator_*",
            "aws_network_firewall*",
            "aws_networkfirewall_*",
        ),
        (
            *("AWS::CloudFront::*", "AWS::WAF*", "AWS::Shield::*", "AWS::GlobalAccelerator::*"),
            *("AWS::NetworkFirewall::*", "AWS::FMS::*"),
        ),
        "delivery and protection in front of the servers, which a stack has no word for",
        "keep it in front of the new place, or use the target's own",
    ),
    (
        (
            "aws_iam_*",
            "aws_cognito_*",
            "aws_organizations_*",
            "aws_ram_*",
            "aws_sso*",
            "aws_ssoadmin_*",
            "aws_identitystore_*",
        ),
        (
            *("AWS::IAM::*", "AWS::Cognito::*", "AWS::Organizations::*", "AWS::RAM::*", "AWS::SSO::*"),
            *("AWS::RolesAnywhere::*", "AWS::AccessAnalyzer::*", "AWS::DirectoryService::*"),
        ),
        "users, roles and rights are this cloud's own",
        "set up users and credentials of the target; servers have no roles there",
    ),
    (
        ("aws_kms_*", "aws_secretsmanager_*", "aws_ssm_*", "aws_acmpca_*"),
        ("AWS::KMS::*", "AWS::SecretsManager::*", "AWS::SSM::*", "AWS::ACMPCA::*"),
        "keys, secrets and settings that the cloud keeps; none of them was read",
        "keep them in a vault or in the environment, and name them in the stack as references",
    ),
    (
        (
            "aws_cloudwatch_*",
            "aws_cloudtrail*",
            "aws_config_*",
            "aws_guardduty_*",
            "aws_securityhub_*",
            "aws_xray_*",
            "aws_flow_log",
        ),
        (
            *("AWS::CloudWatch::*", "AWS::Logs::*", "AWS::CloudTrail::*", "AWS::Config::*", "AWS::GuardDuty::*"),
            *("AWS::SecurityHub::*", "AWS::XRay::*", "AWS::EC2::FlowLog", "AWS::ApplicationInsights::*"),
            *("AWS::Budgets::*", "AWS::Inspector*", "AWS::Macie::*", "AWS::Oam::*", "AWS::Synthetics::*"),
        ),
        "watching and logging by the cloud, which a stack has no word for",
        "set up what watches at the target",
    ),
    (
        (
            *("aws_autoscaling_policy", "aws_autoscaling_schedule", "aws_autoscaling_lifecycle_hook"),
            *("aws_autoscaling_notification", "aws_appautoscaling_*", "aws_autoscalingplans_*"),
        ),
        (
            *("AWS::AutoScaling::ScalingPolicy", "AWS::AutoScaling::ScheduledAction"),
            *("AWS::AutoScaling::LifecycleHook", "AWS::ApplicationAutoScaling::*", "AWS::AutoScalingPlans::*"),
            *("AWS::AutoScaling::WarmPool",),
        ),
        "a stack has no scaling by load or by the clock",
        "set the count, or use the target's scaling by hand",
    ),
    (
        (
            *("aws_vpc_peering_*", "aws_ec2_transit_gateway*", "aws_vpn_*", "aws_customer_gateway", "aws_dx_*"),
            *("aws_ec2_client_vpn_*", "aws_networkmanager_*"),
        ),
        (
            *("AWS::EC2::VPCPeeringConnection", "AWS::EC2::TransitGateway*", "AWS::EC2::VPN*"),
            *("AWS::EC2::CustomerGateway", "AWS::DirectConnect::*", "AWS::EC2::ClientVpn*", "AWS::NetworkManager::*"),
        ),
        "a way to other networks, which a stack has no word for",
        "set up a VPN or the target's own interconnect",
    ),
    (
        ("aws_vpc_endpoint*", "aws_vpclattice_*"),
        ("AWS::EC2::VPCEndpoint*", "AWS::VpcLattice::*", "AWS::EC2::InstanceConnectEndpoint"),
        "a private way to services of this cloud",
        "not needed where the services stay behind; let the subnets out by internet: outbound",
    ),
    (
        ("aws_network_acl_*", "aws_default_network_acl_*"),
        ("AWS::EC2::NetworkAcl*", "AWS::EC2::SubnetNetworkAclAssociation"),
        "a stack has no network ACLs",
        "say what matters of them in security groups",
    ),
    (
        ("aws_vpc_dhcp_options*", "aws_default_vpc_dhcp_options"),
        ("AWS::EC2::DHCPOptions", "AWS::EC2::VPCDHCPOptionsAssociation"),
        "a stack has no word for what servers are told by DHCP",
        "set names and time servers inside the servers",
    ),
    (
        (
            "aws_vpc_ipv4_cidr_block_association",
            "aws_vpc_ipv6_cidr_block_association",
            "aws_egress_only_internet_gateway",
        ),
        ("AWS::EC2::VPCCidrBlock", "AWS::EC2::EgressOnlyInternetGateway", "AWS::EC2::SubnetCidrBlock"),
        "a stack's networks have one IPv4 block",
        "plan further blocks and IPv6 apart",
    ),
    (
        ("aws_ebs_snapshot*", "aws_ami_*", "aws_ebs_encryption_by_default", "aws_ec2_managed_prefix_list*"),
        ("AWS::EC2::Snapshot*", "AWS::ImageBuilder::*", "AWS::EC2::PrefixList"),
        "copies, images and lists of one's own have no word in a stack",
        "make them anew on the target",
    ),
    (
        ("aws_ec2_host", "aws_ec2_fleet", "aws_spot_fleet_request", "aws_ec2_capacity_reservation*"),
        ("AWS::EC2::Host", "AWS::EC2::EC2Fleet", "AWS::EC2::SpotFleet", "AWS::EC2::CapacityReservation*"),
        "servers that are ordered by host, by price or ahead have no word in a stack",
        "add servers with a count",
    ),
    (
        (
            "aws_elasticsearch_*",
            "aws_opensearch*",
            "aws_cloudsearch_*",
            "aws_emr_*",
            "aws_glue_*",
            "aws_athena_*",
            "aws_lakeformation_*",
            "aws_sagemaker_*",
            "aws_quicksight_*",
            "aws_bedrock*",
        ),
        (
            *("AWS::Elasticsearch::*", "AWS::OpenSearch*", "AWS::EMR*", "AWS::Glue::*", "AWS::Athena::*"),
            *(
                "AWS::LakeFormation::*",
                "AWS::SageMaker::*",
                "AWS::QuickSight::*",
                "AWS::Bedrock::*",
                "AWS::DataPipeline::*",
            ),
            *("AWS::Kendra::*", "AWS::Lex::*", "AWS::DMS::*", "AWS::DataBrew::*", "AWS::MWAA::*", "AWS::AppFlow::*"),
        ),
        "search, analysis or learning run by the cloud, which a stack has no word for",
        "run it on servers, or use the target's own",
    ),
    (
        (
            "aws_codebuild_*",
            "aws_codepipeline*",
            "aws_codecommit_*",
            "aws_codedeploy_*",
            "aws_codestar*",
            "aws_cloudformation_*",
            "aws_amplify_*",
            "aws_cloud9_*",
        ),
        (
            *(
                "AWS::CodeBuild::*",
                "AWS::CodePipeline::*",
                "AWS::CodeCommit::*",
                "AWS::CodeDeploy::*",
                "AWS::CodeStar*",
            ),
            *("AWS::CodeArtifact::*", "AWS::Amplify::*", "AWS::Cloud9::*", "AWS::ServiceCatalog*", "AWS::AppConfig::*"),
            *("AWS::CodeConnections::*", "AWS::Proton::*"),
        ),
        "building and delivery by the cloud, which a stack has no word for",
        "use a build service of your own",
    ),
    (
        (),
        ("AWS::CloudFormation::Stack", "AWS::CloudFormation::StackSet"),
        "a template within the template, which lies elsewhere",
        "give its template too, with --parameters or --set for what it is given here",
    ),
    (
        (),
        ("AWS::CloudFormation::*", "Custom::*"),
        "it waits, signals or runs code while a template is deployed",
        "see what it does; a stack has no steps of this kind",
    ),
    (
        ("aws_s3*", "aws_glacier_*", "aws_s3control_*"),
        ("AWS::S3::*", "AWS::S3Outposts::*", "AWS::S3Tables::*", "AWS::S3Express::*", "AWS::S3ObjectLambda::*"),
        "a bucket of a stack has no word for it",
        "see what the target's object storage offers",
    ),
    (
        ("aws_lb_cookie_stickiness_policy", "aws_app_cookie_stickiness_policy", "aws_load_balancer_*", "aws_lb_*"),
        ("AWS::ElasticLoadBalancingV2::*",),
        "a setting of a load balancer that a stack says by itself",
        "say sticky: true for the listener's target, or set it by hand",
    ),
    (
        ("aws_*",),
        ("AWS::*", "Alexa::*"),
        "a stack has no word for it",
        "move it by hand, or leave it behind on purpose",
    ),
)
"""Longer beginnings win over shorter ones."""
