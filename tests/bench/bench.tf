# Provider and data sources of the estate that tests/bench/estate.py writes.
terraform {
  required_providers { vngcloud = { source = "vngcloud/vngcloud" } }
}

variable "base" { type = string }
variable "client_id" { type = string }
variable "client_secret" { type = string }

provider "vngcloud" {
  token_url        = "${var.base}/accounts-api/v2/auth/token"
  client_id        = var.client_id
  client_secret    = var.client_secret
  vserver_base_url = "${var.base}/vserver/vserver-gateway"
  vlb_base_url     = "${var.base}/vserver/vlb-gateway"
  vks_base_url     = "${var.base}/vks"
  vdb_base_url     = "${var.base}/vdb"
}

data "vngcloud_vserver_project" "me" {}

locals { project = data.vngcloud_vserver_project.me.id }

data "vngcloud_vserver_flavor_zone" "general" {
  project_id = local.project
  name       = "General Purpose Code S"
}

data "vngcloud_vserver_flavor" "small" {
  project_id     = local.project
  flavor_zone_id = data.vngcloud_vserver_flavor_zone.general.id
  name           = "s-general-2x4"
}

data "vngcloud_vserver_image" "ubuntu" {
  project_id     = local.project
  flavor_zone_id = data.vngcloud_vserver_flavor_zone.general.id
  name           = "Ubuntu-24.04x64"
}

data "vngcloud_vserver_volume_type_zone" "ssd" {
  project_id = local.project
  name       = "SSD"
}

data "vngcloud_vserver_volume_type" "ssd" {
  project_id          = local.project
  volume_type_zone_id = data.vngcloud_vserver_volume_type_zone.ssd.id
  name                = "3000"
}
