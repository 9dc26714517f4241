# What all scenarios share. Each var.step changes something in place.
terraform {
  required_providers { vngcloud = { source = "vngcloud/vngcloud" } }
}

variable "base" { type = string }
variable "client_id" { type = string }
variable "client_secret" { type = string }
variable "public_key" { type = string }
variable "step" { type = number }

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
